using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// A part of an upload. <paramref name="Offset"/> is the number of the upload's items before this block, so that no
/// item is taken twice. Lines are JSON without white space, each ended by a line feed. A repeat is a block that may
/// have been sent before. The grain takes nothing of a repeat, and answers <see cref="AppendOutcome.UploadUnknown"/>,
/// if it does not know the upload and may have forgotten it. A block without items asks how many items the job has.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobBlock")]
public sealed record JobBlock(
    [property: Id(0)] TaskId Upload,
    [property: Id(1)] long Offset,
    [property: Id(2)] long Items,
    [property: Id(3)] ReadOnlyMemory<byte> Lines,
    [property: Id(4)] bool IsRepeat = false);
