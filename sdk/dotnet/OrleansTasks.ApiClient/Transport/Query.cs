using System.Globalization;
using System.Text;

namespace OrleansTasks.ApiClient.Transport;

/// <summary>Builds an address with query parameters.</summary>
internal sealed class Query(string path)
{
    private readonly StringBuilder text = new(path);
    private bool any;

    /// <summary>Adds a parameter, unless it has no value.</summary>
    public Query Add(string name, string? value)
    {
        if (value is null)
            return this;
        text.Append(any ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        any = true;
        return this;
    }

    /// <summary>Adds a time, unless there is none.</summary>
    public Query Add(string name, DateTimeOffset? value) =>
        Add(name, value?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    /// <summary>Adds a number, unless there is none.</summary>
    public Query Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a flag, unless there is none.</summary>
    public Query Add(string name, bool? value) => Add(name, value switch { true => "true", false => "false", null => null });

    /// <summary>Adds labels, each as one parameter.</summary>
    public Query AddLabels(IReadOnlyDictionary<string, string>? labels)
    {
        foreach (var (key, value) in labels ?? new Dictionary<string, string>())
            Add("label", $"{key}={value}");
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => text.ToString();
}
