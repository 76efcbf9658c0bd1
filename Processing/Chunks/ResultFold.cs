using System.Text;
using System.Text.Json;

namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// Folds the results of one item after another into a partial. An item with an error reaches no aggregate.
/// </summary>
internal sealed class ResultFold
{
    private const int Preview = 120;
    private readonly ProcessingPlan plan;
    private readonly bool takesAnything;

    /// <summary>Creates an empty fold.</summary>
    public ResultFold(ProcessingPlan plan)
    {
        this.plan = plan;
        Partial = new Partial(plan);
        takesAnything = Partial.States.All(static state => state.TakesAnything);
    }

    /// <summary>The partial so far.</summary>
    public Partial Partial { get; }

    /// <summary>
    /// Takes an item's results. Returns what is wrong with them, in which case nothing was taken, or null.
    /// </summary>
    public string? TryTake(List<Value> results)
    {
        if (results.Count == 1)
            return TryTakeItem(results[0]);
        if (!takesAnything && Refuse(results) is { } fault)
            return fault;
        Partial.Items++;
        TakeAll(results);
        return null;
    }

    /// <summary>Takes an item's only result. Returns what is wrong with it, or null.</summary>
    public string? TryTakeItem(in Value result)
    {
        if (TryTake(result) is { } fault)
            return fault;
        Partial.Items++;
        return null;
    }

    /// <summary>Takes one result without counting an item. Returns what is wrong with it, or null.</summary>
    public string? TryTake(in Value result)
    {
        if (Partial.States is [var only])
            return only.TryTake(result);
        foreach (var state in Partial.States)
        {
            if (state.Refuse(result) is { } fault)
                return fault;
        }

        foreach (var state in Partial.States)
            state.Take();
        return null;
    }

    /// <summary>
    /// Records an item's error. Throws <see cref="ItemErrorException"/> if the plan does not skip errors.
    /// </summary>
    public void Fault(ItemError error)
    {
        if (!plan.SkipErrors)
            throw new ItemErrorException(error);
        Partial.Skip(error);
    }

    /// <summary>Returns the beginning of an item, for display.</summary>
    public static string PreviewOf(in Value item)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { SkipValidation = true }))
            item.Write(json);
        return Shorten(Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
    }

    /// <summary>Returns the beginning of a string.</summary>
    public static string Shorten(string text) => text.Length <= Preview ? text : text[..Preview] + "…";

    private string? Refuse(List<Value> results)
    {
        foreach (var state in Partial.States)
        {
            foreach (var result in results)
            {
                if (state.Refuse(result) is { } fault)
                    return fault;
            }
        }

        return null;
    }

    private void TakeAll(List<Value> results)
    {
        foreach (var state in Partial.States)
        {
            foreach (var result in results)
                state.TryTake(result);
        }
    }
}
