using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>The workflow and the node in it for which a data job runs.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobPlace")]
public sealed record JobPlace([property: Id(0)] TaskId Workflow, [property: Id(1)] string Node);
