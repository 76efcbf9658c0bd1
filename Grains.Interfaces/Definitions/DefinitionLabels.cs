using System.ComponentModel;
using System.Globalization;
using OrleansTasks.Tasks;

namespace OrleansTasks.Definitions;

/// <summary>
/// The labels with which tasks and jobs say which definition started them. Callers cannot give labels with this prefix,
/// and answers leave them out of <c>labels</c>.
/// </summary>
public static class DefinitionLabels
{
    /// <summary>The prefix of the service's own labels.</summary>
    public const string Reserved = "otask/";

    /// <summary>The label with the definition's name.</summary>
    public const string Name = "otask/definition";

    /// <summary>The label with the definition's version.</summary>
    public const string Version = "otask/definition-version";

    /// <summary>Returns whether a label is the service's own.</summary>
    public static bool IsReserved(string key) => key.StartsWith(Reserved, StringComparison.Ordinal);

    /// <summary>Returns labels with those of a definition, sorted by key.</summary>
    public static ImmutableArray<Label> With(ImmutableArray<Label> labels, DefinitionRef definition) =>
    [
        .. labels.Append(new Label(Name, definition.Name))
            .Append(new Label(Version, definition.Version.ToString(CultureInfo.InvariantCulture)))
            .OrderBy(static label => label.Key, StringComparer.Ordinal),
    ];

    /// <summary>Returns the definition that labels name; null if there is none.</summary>
    public static DefinitionRef? Of(ImmutableArray<Label> labels)
    {
        if (labels.IsDefaultOrEmpty)
            return null;
        string? name = null;
        var version = 0L;
        foreach (var label in labels)
        {
            if (label.Key == Name)
                name = label.Value;
            else if (label.Key == Version)
                _ = long.TryParse(label.Value, NumberStyles.None, CultureInfo.InvariantCulture, out version);
        }

        return name is null ? null : new DefinitionRef(name, version);
    }
}

/// <summary>A version of a definition.</summary>
/// <param name="Name">The definition's name.</param>
/// <param name="Version">The version, from 1.</param>
public sealed record DefinitionRef(
    [property: Description("The definition's name.")] string Name,
    [property: Description("The version, from 1.")] long Version);
