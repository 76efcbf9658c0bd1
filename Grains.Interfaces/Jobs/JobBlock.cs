using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// A part of an upload. <paramref name="Offset"/> counts the upload's items taken before, so none is taken twice. Lines
/// are JSON without white space, each ended by a line feed. A repeat was sent before with an unknown outcome: a grain
/// that does not know the upload answers <see cref="AppendOutcome.UploadUnknown"/>, even for the first block, and takes
/// nothing.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobBlock")]
public sealed record JobBlock(
    [property: Id(0)] TaskId Upload,
    [property: Id(1)] long Offset,
    [property: Id(2)] long Items,
    [property: Id(3)] ReadOnlyMemory<byte> Lines,
    [property: Id(4)] bool IsRepeat = false);
