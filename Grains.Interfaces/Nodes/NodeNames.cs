using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// The rules for node ids. They are strict because terminals, web pages and shell completion show the ids.
/// </summary>
public static class NodeNames
{
    /// <summary>Maximum length of an id in characters.</summary>
    public const int Longest = 200;

    /// <summary>The start of label keys that the service sets itself, so that no worker may choose them.</summary>
    public const string ReservedLabels = "node/";

    /// <summary>The key of the label with a node's id. Every node carries it, so a task can require one node.</summary>
    public const string IdLabel = ReservedLabels + "id";

    /// <summary>A description of valid ids, for messages.</summary>
    public const string Form = "1 to 200 of A-Z, a-z, 0-9, '.', '_' and '-', and must not be '.' or '..'";

    /// <summary>Returns whether a node can have this id.</summary>
    public static bool IsValid(string id) => id.Length is > 0 and <= Longest && id.All(IsPart) && id is not ("." or "..");

    /// <summary>Returns whether a label's key is reserved for the service.</summary>
    public static bool IsReserved(string label) => label.StartsWith(ReservedLabels, StringComparison.Ordinal);

    /// <summary>Returns a worker's own labels and the node's reserved ones, sorted by key.</summary>
    public static ImmutableArray<Label> LabelsOf(string id, ImmutableArray<Label> own) =>
    [
        .. own.Where(static label => !IsReserved(label.Key)).Append(new Label(IdLabel, id))
            .OrderBy(static label => label.Key, StringComparer.Ordinal),
    ];

    /// <summary>Returns whether an id can contain this character.</summary>
    public static bool IsPart(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';
}
