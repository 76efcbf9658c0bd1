using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>A piece of what is posted to a job.</summary>
/// <param name="Upload">Identifies the request that it is part of.</param>
/// <param name="Offset">How many items of the request were taken before it: what was taken already is not taken twice.</param>
/// <param name="Items">How many items it has.</param>
/// <param name="Lines">The items as JSON without white space, each ended by a line feed.</param>
/// <param name="IsRepeat">
/// Whether the same block was sent before with an unknown outcome. A grain that does not know the upload then answers
/// <see cref="AppendOutcome.UploadUnknown"/>, even for the first block, and takes nothing.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.JobBlock")]
public sealed record JobBlock(
    [property: Id(0)] TaskId Upload,
    [property: Id(1)] long Offset,
    [property: Id(2)] long Items,
    [property: Id(3)] ReadOnlyMemory<byte> Lines,
    [property: Id(4)] bool IsRepeat = false);
