"""notify: people are told of cases by message, once for many, until somebody acknowledges it."""

from cases.notify.channels import AppriseChannel, Channel, channels
from cases.notify.notifier import Letter, Notifier
from cases.notify.settings import NotifySection

__all__ = ["AppriseChannel", "Channel", "Letter", "Notifier", "NotifySection", "channels"]
