"""Filters, one file each: judge a table of utterances column by column, drop nothing themselves."""
