"""From text to gated clips: engines, effects, rendering; stages `speech` and `audio_gate`."""
