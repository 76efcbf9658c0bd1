namespace OrleansTasks.Nodes;

/// <summary>
/// What the id of a node, which is its worker's name, looks like. The silo checks it, because others see it: in terminals,
/// in pages, and where a shell completes it.
/// </summary>
public static class NodeNames
{
    /// <summary>The most characters of an id.</summary>
    public const int Longest = 200;

    /// <summary>What an id looks like, for messages.</summary>
    public const string Form = "1 to 200 of A-Z, a-z, 0-9, '.', '_' and '-', and neither '.' nor '..'";

    /// <summary>Whether a node can have this id.</summary>
    public static bool IsValid(string id) => id.Length is > 0 and <= Longest && id.All(IsPart) && id is not ("." or "..");

    /// <summary>Whether an id can have this character.</summary>
    public static bool IsPart(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';
}
