using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>A job as a seed draws it, and what its user does with it.</summary>
internal sealed record JobDraft
{
    public required TaskId Id { get; init; }

    public string Name { get; init; } = "j";

    public required string Queue { get; init; }

    public required JobSourceKind Source { get; init; }

    /// <summary>Of a range: its first integer.</summary>
    public long From { get; init; }

    /// <summary>Of a range: how many integers; else how many lines there are.</summary>
    public required long Count { get; init; }

    /// <summary>Of items and of a stream: the lines, each another one.</summary>
    public ImmutableArray<string> Lines { get; init; } = [];

    public required string Processor { get; init; }

    /// <summary>The field that the processor json takes.</summary>
    public string? Select { get; init; }

    public required ImmutableArray<PlainAggregate> Aggregates { get; init; }

    public bool SkipsErrors { get; init; }

    public long? MaxErrors { get; init; }

    public required int MaxAttempts { get; init; }

    public bool OnNodeLost { get; init; }

    public int? ChunkSize { get; init; }

    public double? Pace { get; init; }

    public bool RoundRobin { get; init; }

    public bool KeepsOrder { get; init; }

    /// <summary>The zone that its nodes must be in.</summary>
    public string? Zone { get; init; }

    /// <summary>Whether it is submitted with an idempotency key.</summary>
    public bool HasKey { get; init; }

    /// <summary>When it is submitted.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>How long after that it is cancelled.</summary>
    public TimeSpan? CancelAfter { get; init; }

    /// <summary>How long after that its stream is closed, whatever has been sent.</summary>
    public TimeSpan? CloseAfter { get; init; }

    /// <summary>How many send to its stream at once.</summary>
    public int Senders { get; init; }

    public bool Collects => Aggregates.Any(static aggregate => aggregate.Op == "collect");

    /// <summary>The JobSpec.</summary>
    public string ToJson()
    {
        var source = Source switch
        {
            JobSourceKind.Range => FormattableString.Invariant($"{{\"range\":{{\"from\":{From},\"to\":{From + Count}}}}}"),
            JobSourceKind.Items => $$"""{"items":[{{string.Join(',', Lines)}}]}""",
            _ => """{"stream":{}}""",
        };
        var process = $$"""{"builtin":"{{Processor}}"{{(Select is null ? "" : $",\"select\":\"/{Select}\"")}}}""";
        var aggregates = string.Join(',', Aggregates.Select(static aggregate => aggregate.ToJson()));
        var rest = string.Concat(
            ChunkSize is { } size ? FormattableString.Invariant($",\"chunkSize\":{size}") : "",
            Pace is { } pace ? FormattableString.Invariant($",\"pace\":{{\"itemsPerSecond\":{pace}}}") : "",
            RoundRobin ? ",\"strategy\":\"roundRobin\"" : "",
            KeepsOrder ? ",\"order\":\"source\"" : "",
            SkipsErrors ? ",\"onItemError\":\"skip\"" : "",
            MaxErrors is { } most ? FormattableString.Invariant($",\"maxErrors\":{most}") : "",
            Zone is null ? "" : $",\"requires\":{{\"zone\":\"{Zone}\"}}");
        return FormattableString.Invariant($$"""
            {"name":"{{Name}}","queue":"{{Queue}}","source":{{source}},"process":{{process}},"aggregate":[{{aggregates}}],"retry":{"maxAttempts":{{MaxAttempts}},"backoff":"200ms","onNodeLost":{{(OnNodeLost ? "true" : "false")}}}{{rest}}}
            """);
    }

    /// <summary>One of its items, by place: of a range the integer.</summary>
    public PlainValue ItemAt(long place) =>
        Source == JobSourceKind.Range ? PlainValue.Of(From + place) : PlainValue.Parse(Lines[(int)place]);
}
