"""Reads the text in pictures: finds lines (DB), straightens them, recognises them (CTC), and orders them.

Its own numpy code on two ONNX files of PP-OCRv6; engines are imported when they are loaded. Imports `models`.
"""
