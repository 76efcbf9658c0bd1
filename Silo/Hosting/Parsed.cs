namespace OrleansTasks.Silo.Hosting;

/// <summary>A value that was parsed. Parsers return null instead if the text is invalid.</summary>
internal readonly record struct Parsed<T>(T Value);
