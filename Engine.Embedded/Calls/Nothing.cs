namespace OrleansTasks.Engine.Embedded;

/// <summary>The result of a method that gives none.</summary>
internal readonly struct Nothing;
