namespace OrleansTasks.Nodes;

/// <summary>
/// The rules for node ids. They are strict because terminals, web pages and shell completion show the ids.
/// </summary>
public static class NodeNames
{
    /// <summary>Maximum length of an id in characters.</summary>
    public const int Longest = 200;

    /// <summary>A description of valid ids, for messages.</summary>
    public const string Form = "1 to 200 of A-Z, a-z, 0-9, '.', '_' and '-', and must not be '.' or '..'";

    /// <summary>Returns whether a node can have this id.</summary>
    public static bool IsValid(string id) => id.Length is > 0 and <= Longest && id.All(IsPart) && id is not ("." or "..");

    /// <summary>Returns whether an id can contain this character.</summary>
    public static bool IsPart(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';
}
