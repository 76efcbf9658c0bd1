using System.CommandLine;

namespace OrleansTasks.Settings;

/// <summary>An option that can describe its values and its default.</summary>
public interface INamedSetting
{
    /// <summary>The option, such as <c>--http</c>.</summary>
    string Name { get; }

    /// <summary>The valid values, to follow the word "expected".</summary>
    string Expected { get; }

    /// <summary>Whether the value must not be shown.</summary>
    bool IsSecret { get; }

    /// <summary>Returns the default as one would type it; null for none. Other options may determine it.</summary>
    string? StandardIn(ParseResult result);
}
