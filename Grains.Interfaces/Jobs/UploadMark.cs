using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// How many items of an upload a job has taken. It is stored in the same commit as the items, so that the job knows
/// after a restart which items it has, and takes none of them twice.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.UploadMark")]
public sealed record UploadMark([property: Id(0)] TaskId Upload, [property: Id(1)] long Items);
