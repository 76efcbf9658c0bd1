using System.Text;
using System.Text.Json;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Chunks;

/// <summary>Makes the partial of a chunk with a built-in processor. One thread at a time.</summary>
public sealed class ChunkEvaluator
{
    private const int LookEvery = 1024;
    private const int Preview = 120;
    private readonly ProcessingPlan plan;
    private readonly Processor processor;
    private readonly List<Value> results = [];

    /// <summary>Prepares for chunks of one plan; throws <see cref="FormatException"/> when its processor is not built in.</summary>
    public ChunkEvaluator(ProcessingPlan plan)
    {
        this.plan = plan;
        processor = Processor.BuiltIn(plan.Processor, plan.Select);
    }

    /// <summary>
    /// Evaluates every item. Throws <see cref="ItemErrorException"/> for an item with an error that is not passed over, and
    /// <see cref="TooManyGroupsException"/>.
    /// </summary>
    public Partial Run(in ChunkInput input, CancellationToken cancellation)
    {
        var partial = new Partial(plan);
        if (input.Format != ItemFormat.Range)
            RunLines(input, partial, cancellation);
        else if (RangeKernel.TryFor(plan, input, partial) is { } kernel)
            kernel.Run(input.First, input.Items, cancellation);
        else
            RunRange(input, partial, cancellation);
        partial.CheckGroups();
        return partial;
    }

    private void RunRange(in ChunkInput input, Partial partial, CancellationToken cancellation)
    {
        for (var i = 0L; i < input.Items; i++)
        {
            if (i % LookEvery == 0)
                Look(partial, cancellation);
            Take(Value.Of(input.First + i), input.First + i, partial);
        }
    }

    private void RunLines(in ChunkInput input, Partial partial, CancellationToken cancellation)
    {
        var rest = input.Segment;
        for (var i = 0L; i < input.Items; i++)
        {
            if (i % LookEvery == 0)
                Look(partial, cancellation);
            var end = rest.Span.IndexOf((byte)'\n');
            if (end < 0)
                throw new FormatException("A chunk has fewer lines than it says.");
            var line = rest[..end];
            rest = rest[(end + 1)..];
            Take(input.Format == ItemFormat.Text ? Value.OfText(line) : Value.Read(line), input.First + i, partial);
        }
    }

    private static void Look(Partial partial, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        partial.CheckGroups();
    }

    private void Take(in Value item, long place, Partial partial)
    {
        results.Clear();
        if ((processor.Process(item, results) ?? Refuse(partial)) is { } fault)
        {
            var error = new ItemError(place, fault, PreviewOf(item));
            if (!plan.SkipErrors)
                throw new ItemErrorException(error);
            partial.Skip(error);
            return;
        }

        partial.Items++;
        foreach (var state in partial.States)
        {
            foreach (var result in results)
            {
                if (results.Count > 1)
                    state.Refuse(result);
                state.Take();
            }
        }
    }

    private string? Refuse(Partial partial)
    {
        foreach (var state in partial.States)
        {
            foreach (var result in results)
            {
                if (state.Refuse(result) is { } fault)
                    return fault;
            }
        }

        return null;
    }

    private static string PreviewOf(in Value item)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { SkipValidation = true }))
            item.Write(json);
        var text = Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
        return text.Length <= Preview ? text : text[..Preview] + "…";
    }
}
