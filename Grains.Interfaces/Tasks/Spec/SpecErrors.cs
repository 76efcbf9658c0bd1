using System.Globalization;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Collects the faults of a document while it is read. Allocates nothing for a valid document.</summary>
public sealed class SpecErrors
{
    /// <summary>Maximum number of faults that are kept. Later ones are dropped.</summary>
    public const int Capacity = 100;

    private List<SpecError>? items;

    /// <summary>Why the document is not JSON; null if it is. If set, the other errors have no meaning.</summary>
    public string? Malformed { get; set; }

    /// <summary>
    /// The index in <c>tasks</c> of the spec being read, which prefixes every path; null outside a batch.
    /// </summary>
    public int? Index { get; set; }

    /// <summary>
    /// The field that contains the nested document being read, which prefixes every path; null for none.
    /// </summary>
    public string? Prefix { get; set; }

    /// <summary>
    /// Whether to check the contract's rules: known fields, ranges, counts, forms of names. A stored document was
    /// checked by the rules in force when it was accepted, so its reader skips them and reports only what it cannot
    /// read.
    /// </summary>
    public bool ChecksRules { get; init; } = true;

    /// <summary>
    /// Whether nodes of a workflow may have names such as <c>build/compile</c>, which only the service makes.
    /// </summary>
    public bool AllowsNodePaths { get; init; }

    /// <summary>The faults, in document order.</summary>
    public IReadOnlyList<SpecError> Items => items ?? [];

    /// <summary>The faults; if the document is not JSON, only this one, which is at the document itself.</summary>
    public IReadOnlyList<SpecError> All =>
        Malformed is { } fault ? [new SpecError(StrictReader.Root, fault)] : Items;

    /// <summary>Whether there are no faults, so that the document can be used.</summary>
    public bool IsEmpty => items is null && Malformed is null;

    /// <summary>Adds a fault for a broken rule at <paramref name="path"/>, if rules are checked.</summary>
    public void AddRule(string path, string message)
    {
        if (ChecksRules)
            Add(path, message);
    }

    /// <summary>Adds a fault at <paramref name="path"/> that makes the document unreadable.</summary>
    public void Add(string path, string message)
    {
        items ??= [];
        if (items.Count < Capacity)
            items.Add(new SpecError(InBatch(path), message));
    }

    /// <summary>Returns the exception for a stored document that cannot be read, with the first fault.</summary>
    /// <param name="document">The kind of document, such as <c>task spec</c>.</param>
    internal FormatException Unreadable(string document) =>
        new($"A stored {document} cannot be read: {Malformed ?? Items[0].ToString()}");

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
