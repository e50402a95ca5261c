"""Requisites by INN or OGRN, from whoever knows: `services` asks, `parties` is what comes back.

A provider is a class that is made without arguments and answers `find` (see parties.Provider).
"""
