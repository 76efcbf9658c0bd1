using OrleansTasks.Processing.Plugins;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Chunks;

/// <summary>Evaluates chunks with a built-in processor or a plug-in. For one thread at a time.</summary>
public sealed class ChunkEvaluator
{
    private const int LookEvery = 1024;
    private readonly ProcessingPlan plan;
    private readonly Processor processor;

    /// <summary>Whether one item may take long. Cancellation is then checked before every item.</summary>
    private readonly bool isSlow;
    private readonly List<Value> results = [];

    /// <summary>
    /// Prepares for chunks of one plan. Throws <see cref="PluginException"/> for a plug-in, and
    /// <see cref="FormatException"/> for any other processor that is not built in.
    /// </summary>
    public ChunkEvaluator(ProcessingPlan plan)
        : this(plan, PluginCatalog.Empty)
    {
    }

    /// <summary>
    /// Prepares for chunks of one plan, including plug-ins. Throws <see cref="PluginException"/> if the plan's plug-in
    /// is missing, and <see cref="FormatException"/> if any other processor is not built in.
    /// </summary>
    public ChunkEvaluator(ProcessingPlan plan, PluginCatalog plugins)
    {
        this.plan = plan;
        isSlow = plan.Processor == ProcessorKind.Plugin;
        processor = plan.Processor == ProcessorKind.Plugin
            ? plugins.Create(plan.Command[0])
            : Processor.BuiltIn(plan.Processor, plan.Select);
    }

    /// <summary>
    /// Evaluates all items. Throws <see cref="ItemErrorException"/> for an item with an error that the plan does not
    /// skip, and <see cref="TooManyGroupsException"/>.
    /// </summary>
    public Partial Run(in ChunkInput input, CancellationToken cancellation)
    {
        var fold = new ResultFold(plan);
        var partial = fold.Partial;
        if (input.Format != ItemFormat.Range)
            RunLines(input, fold, cancellation);
        else if (processor is IntegerPluginProcessor integers && IntegerKernel.Fits(partial))
            new IntegerKernel(integers.Plugin, partial).Run(input.First, input.Items, cancellation);
        else if (RangeKernel.TryFor(plan, input, partial) is { } kernel)
            kernel.Run(input.First, input.Items, cancellation);
        else
            RunRange(input, fold, cancellation);
        partial.CheckGroups();
        return partial;
    }

    private void RunRange(in ChunkInput input, ResultFold fold, CancellationToken cancellation)
    {
        for (var i = 0L; i < input.Items; i++)
        {
            Look(fold.Partial, cancellation, i);
            Take(Value.Of(input.First + i), input.First + i, fold);
        }
    }

    private void RunLines(in ChunkInput input, ResultFold fold, CancellationToken cancellation)
    {
        var rest = input.Segment;
        var rows = RowKernel.TryFor(plan, input, fold.Partial);
        var words = WordKernel.TryFor(plan, input, fold.Partial);
        for (var i = 0L; i < input.Items; i++)
        {
            Look(fold.Partial, cancellation, i);
            if (rows is not null && rows.TryTake(rest.Span, out var length))
            {
                rest = rest[length..];
                continue;
            }

            var line = input.TakeLine(ref rest);
            if (words is null || !words.TryTake(line.Span))
                TakeLine(input, line, input.First + i, fold);
        }
    }

    private void TakeLine(in ChunkInput input, ReadOnlyMemory<byte> line, long place, ResultFold fold)
    {
        switch (input.Format)
        {
            case ItemFormat.Text:
                Take(Value.OfText(line), place, fold);
                break;
            case ItemFormat.Json:
                Take(Value.Read(line), place, fold);
                break;
            case ItemFormat.Csv when line.IsEmpty:
                break;
            case ItemFormat.Csv when input.Header!.FaultOf(line) is { } fault:
                fold.Fault(new ItemError(place, fault, ResultFold.PreviewOf(Value.OfText(line))));
                break;
            case ItemFormat.Csv:
                Take(Value.OfRow(line, input.Header!), place, fold);
                break;
            default:
                if (input.FaultOf(line, out var json) is { } broken)
                    fold.Fault(new ItemError(place, broken, ResultFold.PreviewOf(Value.OfText(line))));
                else if (!json.IsEmpty)
                    Take(Value.Read(json), place, fold);
                break;
        }
    }

    private string? TryTake(in Value item, ResultFold fold)
    {
        if (plan.Processor == ProcessorKind.Identity)
            return fold.TryTakeItem(item);
        results.Clear();
        return processor.Process(item, results) ?? fold.TryTake(results);
    }

    private void Look(Partial partial, CancellationToken cancellation, long item)
    {
        var isTime = item % LookEvery == 0;
        if (isTime || isSlow)
            cancellation.ThrowIfCancellationRequested();
        if (isTime)
            partial.CheckGroups();
    }

    private void Take(in Value item, long place, ResultFold fold)
    {
        if (TryTake(item, fold) is { } fault)
            fold.Fault(new ItemError(place, fault, ResultFold.PreviewOf(item)));
    }
}
