using System.Globalization;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Collects what is wrong with a document while it is read. Costs nothing while nothing is.</summary>
public sealed class SpecErrors
{
    /// <summary>The most that is kept; what a caller has to mend first is among them.</summary>
    public const int Capacity = 100;

    private List<SpecError>? items;

    /// <summary>Why the document is not JSON at all; null when it is. Then the other errors mean nothing.</summary>
    public string? Malformed { get; set; }

    /// <summary>The member of <c>tasks</c> that is being read; put in front of every path. Null outside a
    /// batch.</summary>
    public int? Index { get; set; }

    /// <summary>
    /// The field whose value is being read, when a document of its own stands there; put in front of every path. Null for none.
    /// </summary>
    public string? Prefix { get; set; }

    /// <summary>
    /// Whether the contract's rules are checked: known fields, ranges, counts, forms of names. A stored document was checked when it was
    /// accepted, by the rules of that time, so a reader of stored documents leaves them out and notes only what it cannot read.
    /// </summary>
    public bool ChecksRules { get; init; } = true;

    /// <summary>What was found, in the document's order.</summary>
    public IReadOnlyList<SpecError> Items => items ?? [];

    /// <summary>Whether the document can be used.</summary>
    public bool IsEmpty => items is null && Malformed is null;

    /// <summary>Notes a broken rule at <paramref name="path"/>, if rules are checked.</summary>
    public void AddRule(string path, string message)
    {
        if (ChecksRules)
            Add(path, message);
    }

    /// <summary>Notes at <paramref name="path"/> what makes the document unreadable.</summary>
    public void Add(string path, string message)
    {
        items ??= [];
        if (items.Count < Capacity)
            items.Add(new SpecError(InBatch(path), message));
    }

    private string InBatch(string path)
    {
        if (Prefix is { } prefix)
            return path == StrictReader.Root ? prefix : $"{prefix}.{path}";
        if (Index is not { } index)
            return path;
        return path == StrictReader.Root
            ? string.Create(CultureInfo.InvariantCulture, $"tasks[{index}]")
            : string.Create(CultureInfo.InvariantCulture, $"tasks[{index}].{path}");
    }
}
