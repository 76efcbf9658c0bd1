using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// A file that a new job reads, or why it may not be read; exactly one is null. The part has the path without links,
/// the size and the time of the last write; chunks fail if size or time changes. The refusal follows the field's name
/// in the message, so it begins with a verb.
/// </summary>
public sealed record SourceFile(FilePart? Part, string? Refusal);
