using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Json;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Jobs.Spec;

/// <summary>The parts of a processing plan, collected while a spec is read.</summary>
internal sealed class PlanDraft
{
    public string Name { get; set; } = "";

    public ProcessorKind Processor { get; set; }

    public JsonPointer? Select { get; set; }

    public ImmutableArray<string> Command { get; set; } = [];

    public ImmutableArray<AggregateSpec> Aggregates { get; set; } = [];

    public bool SkipErrors { get; set; }
}
