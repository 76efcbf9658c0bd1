using System.Text;

namespace OrleansTasks.Client.Operations.Metrics;

/// <summary>
/// Converts OpenTelemetry names and units to Prometheus ones, by OpenTelemetry's compatibility rules.
/// </summary>
internal static class MetricName
{
    /// <summary>
    /// Returns the name of a metric: <c>http.server.request.duration</c> in <c>s</c> becomes
    /// <c>http_server_request_duration_seconds</c>.
    /// </summary>
    public static string Of(string name, string? unit, MetricKind kind)
    {
        var text = Sanitize(name, allowColon: true);
        var suffix = Suffix(unit);
        if (suffix.Length > 0 && !text.EndsWith("_" + suffix, StringComparison.Ordinal))
            text += "_" + suffix;
        if (kind == MetricKind.Counter && !text.EndsWith("_total", StringComparison.Ordinal))
            text += "_total";
        return text;
    }

    /// <summary>Returns the name of a label.</summary>
    public static string Label(string name) => Sanitize(name, allowColon: false);

    private static string Suffix(string? unit)
    {
        // {task} and similar units name what is counted, which the metric's name already says.
        if (string.IsNullOrEmpty(unit) || unit.StartsWith('{') || unit == "1")
            return "";
        return unit switch
        {
            "s" => "seconds",
            "ms" => "milliseconds",
            "us" => "microseconds",
            "By" => "bytes",
            "KiBy" => "kibibytes",
            "MiBy" => "mebibytes",
            "%" => "percent",
            _ => Sanitize(unit, allowColon: false),
        };
    }

    private static string Sanitize(string name, bool allowColon)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            var fits = char.IsAsciiLetterOrDigit(c) || c == '_' || (allowColon && c == ':');
            if (fits && text.Length == 0 && char.IsAsciiDigit(c))
                text.Append('_');
            if (fits)
                text.Append(c);
            else if (text.Length == 0 || text[^1] != '_')
                text.Append('_');
        }

        return text.ToString();
    }
}
