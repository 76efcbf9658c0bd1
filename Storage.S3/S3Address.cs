using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace OrleansTasks.Storage.S3;

/// <summary>Where files are in S3: a bucket, the beginning of the keys in it, and the server.</summary>
/// <param name="Bucket">The bucket's name.</param>
/// <param name="Prefix">What all keys begin with: empty, or with <c>/</c> at its end.</param>
public sealed partial record S3Address(string Bucket, string Prefix)
{
    /// <summary>The form of the option.</summary>
    public const string Form = "s3://BUCKET[/PREFIX][?endpoint=URL][&region=REGION][&style=path|host]";

    private const string DefaultRegion = "us-east-1";
    private const int LongestPrefix = 512;

    /// <summary>
    /// The address of the server, <c>http</c> or <c>https</c>; null for Amazon's server of the region.
    /// </summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The region, which is part of each signature.</summary>
    public string Region { get; init; } = DefaultRegion;

    /// <summary>Whether the bucket's name is part of the path; otherwise it is part of the host's name.</summary>
    public bool IsPathStyle { get; init; }

    /// <summary>The server, for messages.</summary>
    public string Server => Endpoint?.GetLeftPart(UriPartial.Authority) ?? $"Amazon S3 in {Region}";

    /// <summary>
    /// Reads the option <c>--files</c>. The region is that of the environment (<c>AWS_REGION</c>) if the text names
    /// none. With an
    /// endpoint, the bucket's name is part of the path unless the text says otherwise.
    /// </summary>
    public static bool TryParse(string text, Func<string, string?> variable, [NotNullWhen(true)] out S3Address? address)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(variable);
        address = null;
        if (Shape().Match(text) is not { Success: true } parts || parts.Groups["prefix"].Length > LongestPrefix)
            return false;
        var prefix = parts.Groups["prefix"].Value.TrimEnd('/');
        if (prefix.Split('/') is var names && prefix.Length > 0 && names.Any(static name => name is "" or "." or ".."))
            return false;
        var found = new S3Address(parts.Groups["bucket"].Value, prefix.Length == 0 ? "" : prefix + "/")
        {
            Region = Named(variable("AWS_REGION")) ?? Named(variable("AWS_DEFAULT_REGION")) ?? DefaultRegion,
        };
        bool? isPathStyle = null;
        foreach (var setting in parts.Groups["settings"].Value.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = setting.Split('=', 2) is [var key, var given]
                ? (key, Uri.UnescapeDataString(given))
                : (setting, "");
            switch (name)
            {
                case "endpoint" when IsServer(value, out var server):
                    found = found with { Endpoint = server };
                    break;
                case "region" when RegionShape().IsMatch(value):
                    found = found with { Region = value };
                    break;
                case "style" when value is "path" or "host":
                    isPathStyle = value == "path";
                    break;
                default:
                    return false;
            }
        }

        address = found with { IsPathStyle = isPathStyle ?? found.Endpoint is not null };
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"s3://{Bucket}/{Prefix} at {Server}";

    // A user and a password have no place here: keys come from the environment.
    private static bool IsServer(string text, [NotNullWhen(true)] out Uri? server) =>
        Uri.TryCreate(text, UriKind.Absolute, out server)
            && server is { Scheme: "http" or "https", UserInfo: "", PathAndQuery: "/", Fragment: "" };

    private static string? Named(string? region) => region is not null && RegionShape().IsMatch(region) ? region : null;

    [GeneratedRegex(
        @"\As3://(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?<prefix>[A-Za-z0-9!_.*'()/-]*))?(\?(?<settings>.*))?\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();

    [GeneratedRegex(@"\A[a-z0-9-]{1,64}\z")]
    private static partial Regex RegionShape();
}
