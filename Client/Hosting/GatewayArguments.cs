using System.CommandLine;
using System.Net;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Listening;
using OrleansTasks.Settings;

namespace OrleansTasks.Client.Hosting;

/// <summary>The command line's part about a gateway, wherever its silos are.</summary>
public sealed class GatewayArguments
{
    private readonly ValueOption<IPEndPoint> http = new("--http", "ADDRESS:PORT", "the address on which the HTTP gateway listens",
        "127.0.0.1:9092", ListenAddress.Expected, SettingValues.Address);

    private readonly ValueOption<Uri?> publicUrl = new("--public-url", "URL",
        "the address at which browsers reach the gateway, if it differs from --http", null,
        "http://HOST[:PORT] or https://HOST[:PORT], without a path", Url);

    private readonly RepeatedOption<IPNetwork> trustedProxies = new("--trusted-proxy", "ADDRESS",
        "a reverse proxy, or a network of them, whose X-Forwarded-For names the caller's address; repeatable",
        "an address or a network such as 127.0.0.1, 10.1.0.0/16 or fd00::/8", SettingValues.Network);

    private readonly ValueOption<string?> tlsCert = new(
        "--tls-cert", "FILE", "the certificate for HTTPS as a PEM file", null, "a readable PEM file", SettingValues.ReadableFile);

    private readonly ValueOption<string?> tlsKey = new(
        "--tls-key", "FILE", "the certificate's private key as a PEM file", null, "a readable PEM file", SettingValues.ReadableFile);

    /// <summary>The address at which the gateway listens.</summary>
    public Option Http => http;

    /// <summary>The other options, in the order in which help lists them.</summary>
    public IEnumerable<Option> Others => [publicUrl, trustedProxies, tlsCert, tlsKey];

    /// <summary>Returns the options' values.</summary>
    /// <exception cref="StartRefusedException">Two of them contradict each other.</exception>
    public GatewayOptions In(ParseResult result, ServiceOptions common)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(common);
        var options = new GatewayOptions
        {
            Http = http.In(result)!,
            PublicUrl = publicUrl.In(result),
            TrustedProxies = [.. result.GetValue(trustedProxies) ?? []],
            TlsCert = tlsCert.In(result),
            TlsKey = tlsKey.In(result),
            Database = common.Database,
            RequiresKeys = common.RequiresKeys,
            ClusterTls = common.ClusterTls,
            LogFormat = common.LogFormat,
            Isolation = common.Isolation,
        };
        return options.TlsCert is null == options.TlsKey is null ? options : throw new StartRefusedException(
            "--tls-cert and --tls-key require each other: give both or neither.", StartRefusedException.BadOption);
    }

    private static Parsed<Uri?>? Url(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0
        && url.PathAndQuery == "/" && url.Fragment.Length == 0 && url.UserInfo.Length == 0
            ? new(url)
            : null;
}
