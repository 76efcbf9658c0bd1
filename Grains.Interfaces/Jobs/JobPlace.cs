using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>The workflow's node that a data job runs for.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobPlace")]
public sealed record JobPlace([property: Id(0)] TaskId Workflow, [property: Id(1)] string Node);
