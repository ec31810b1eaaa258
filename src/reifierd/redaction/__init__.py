"""Secrets in text: found on the command line, by their names, by their shapes, and wherever they return.

Pure: no files (but its own tables), no clock; a Redactor's knowledge lives in memory only.
"""

from reifierd.redaction.model import ParamCommand, Span
from reifierd.redaction.redactor import Redactor, marked
from reifierd.redaction.stream import Stream

__all__ = ["ParamCommand", "Redactor", "Span", "Stream", "marked"]
