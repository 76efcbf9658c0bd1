using System.Globalization;
using System.Text;

namespace OrleansTasks.Cli.Api;

/// <summary>Builds an address with query parameters.</summary>
internal sealed class RequestAddress(string path)
{
    private readonly StringBuilder text = new(path);
    private bool any;

    /// <summary>Whether any parameter was added.</summary>
    public bool Any => any;

    /// <summary>Adds a parameter, unless it has no value.</summary>
    public RequestAddress Add(string name, string? value)
    {
        if (value is null)
            return this;
        text.Append(any ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        any = true;
        return this;
    }

    /// <summary>Adds a number, unless it is null.</summary>
    public RequestAddress Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc />
    public override string ToString() => text.ToString();
}
