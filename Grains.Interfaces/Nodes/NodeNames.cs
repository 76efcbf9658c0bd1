namespace OrleansTasks.Nodes;

/// <summary>The form of node ids, strict because terminals, pages and shell completion show them.</summary>
public static class NodeNames
{
    /// <summary>The most characters of an id.</summary>
    public const int Longest = 200;

    /// <summary>The form of an id, for messages.</summary>
    public const string Form = "1 to 200 of A-Z, a-z, 0-9, '.', '_' and '-', and neither '.' nor '..'";

    /// <summary>Whether a node can have this id.</summary>
    public static bool IsValid(string id) => id.Length is > 0 and <= Longest && id.All(IsPart) && id is not ("." or "..");

    /// <summary>Whether an id can have this character.</summary>
    public static bool IsPart(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';
}
