"""`corpusforge render`: a table of sentences to a folder of clips, for those who want speech only.

The stages speech and audio_gate do the work, as in a build; needs the extra speech, and no torch.
"""
