namespace OrleansTasks.Settings;

/// <summary>An option that can say what values it takes.</summary>
public interface INamedSetting
{
    /// <summary>The option, such as <c>--http</c>.</summary>
    string Name { get; }

    /// <summary>The values it takes, to follow the word "takes".</summary>
    string Takes { get; }

    /// <summary>The default as one would type it; null for none.</summary>
    string? Standard { get; }

    /// <summary>Whether the value must not be shown.</summary>
    bool IsSecret { get; }
}
