using System.CommandLine;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli;

/// <summary>The options that every command has which speaks to a gateway.</summary>
internal sealed class CommonOptions
{
    private const string DefaultUrl = "http://127.0.0.1:9092";

    /// <summary>Where the gateway is.</summary>
    public Option<string?> Url { get; } = new("--url")
    {
        Description = $"the gateway's address [default: OTASK_URL, else {DefaultUrl}]",
        HelpName = "URL",
        Recursive = true,
    };

    /// <summary>The key to call with.</summary>
    public Option<string?> Key { get; } = new("--key")
    {
        Description = "the key to call with [default: OTASK_KEY]",
        HelpName = "KEY",
        Recursive = true,
    };

    /// <summary>Whether to print the gateway's JSON.</summary>
    public Option<bool> Json { get; } = new("--json") { Arity = ArgumentArity.Zero, Description = "print the gateway's JSON", Recursive = true };

    /// <summary>The gateway that a command line names. Throws <see cref="UsageException"/> when its address is none.</summary>
    public Gateway Open(ParseResult result)
    {
        var text = result.GetValue(Url) ?? Variable("OTASK_URL") ?? DefaultUrl;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new UsageException($"--url (or OTASK_URL) takes an address such as {DefaultUrl}; '{text}' is not that.");
        return new Gateway(url, result.GetValue(Key) ?? Variable("OTASK_KEY"));
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
