namespace OrleansTasks.Processing.Resources;

/// <summary>
/// The names of resources, and how their amounts are counted: <c>cpu</c> in thousandths of a core, <c>memory</c> in
/// bytes, everything else in whole units.
/// </summary>
public static class ResourceName
{
    /// <summary>Processor cores.</summary>
    public const string Cpu = "cpu";

    /// <summary>Bytes of memory.</summary>
    public const string Memory = "memory";

    /// <summary>Graphics processors, which tasks get by index.</summary>
    public const string Gpu = "gpu";

    /// <summary>
    /// No resource, and none can have this name: where a task names its resources, it asks for its cores to itself.
    /// </summary>
    public const string Pin = "pin";

    /// <summary>Maximum length of a name.</summary>
    public const int Longest = 32;

    /// <summary>Maximum number of resources of a task or a node.</summary>
    public const int Most = 16;

    /// <summary>The form of a name, for messages.</summary>
    public const string Form = "[a-z][a-z0-9_-]{0,31}";

    /// <summary>Returns whether a resource can have this name.</summary>
    public static bool IsValid(string name) => name.Length is > 0 and <= Longest && char.IsAsciiLetterLower(name[0])
        && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-');
}
