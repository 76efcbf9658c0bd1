namespace OrleansTasks.Settings;

/// <summary>A value that was read from a text. Null in its place means that the text is not valid.</summary>
public readonly record struct Parsed<T>(T Value);
