using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// A file that a new job reads, or why it may not; exactly one is null. The part has the path without links, the size
/// and the time of the last write; chunks fail if either changes. The refusal follows the field's name, so it begins
/// with a verb.
/// </summary>
public sealed record SourceFile(FilePart? Part, string? Refusal);
