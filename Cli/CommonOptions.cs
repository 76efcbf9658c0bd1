using System.CommandLine;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Profiles;
using OrleansTasks.Cli.Stores;

namespace OrleansTasks.Cli;

/// <summary>The options of every command that calls a gateway, and what commands work with.</summary>
/// <param name="written">The streams for the output of tasks.</param>
/// <param name="store">Opens what works in stores.</param>
internal sealed class CommonOptions(TaskOutput written, Func<IStoreWork> store)
{
    private const string DefaultUrl = "http://127.0.0.1:9092";

    /// <summary>The streams for the output of tasks.</summary>
    public TaskOutput Written => written;

    /// <summary>
    /// What works in the service's store. In otask, asking for it ends this program; otask-store then does the command from its beginning.
    /// </summary>
    public IStoreWork Store => store();

    /// <summary>Whether the command has opened a gateway.</summary>
    public bool HasGateway { get; private set; }

    /// <summary>The gateway's address.</summary>
    public Option<string?> Url { get; } = new("--url")
    {
        Description = $"the gateway's address [default: OTASK_URL, then the profile's address, then {DefaultUrl}]",
        HelpName = "URL",
        Recursive = true,
    };

    /// <summary>The key to call with.</summary>
    public Option<string?> Key { get; } = new("--key")
    {
        Description = "the key to use [default: OTASK_KEY, then the profile's key if the address is the profile's]",
        HelpName = "KEY",
        Recursive = true,
    };

    /// <summary>The profile whose address and key to use.</summary>
    public Option<string?> ProfileName { get; } = new("--profile")
    {
        Description =
            "a profile created with otask config set [default: OTASK_PROFILE, then the one set with otask config use]",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>Whether to print the gateway's JSON.</summary>
    public Option<bool> Json { get; } = new("--json") { Arity = ArgumentArity.Zero, Description = "print the gateway's JSON answer", Recursive = true };

    /// <summary>The form in which to print answers.</summary>
    public Option<string?> Output { get; } = new("--output", "-o")
    {
        Description = $"output format: {OutputFormat.Names}",
        HelpName = "FORM",
        Recursive = true,
    };

    /// <summary>Whether to print without colours.</summary>
    public Option<bool> NoColor { get; } = new("--no-color")
    {
        Arity = ArgumentArity.Zero, Description = "print without colours, as with the environment variable NO_COLOR", Recursive = true,
    };

    /// <summary>The reason for a change.</summary>
    public Option<string?> Reason { get; } = new("--reason")
    {
        Description = "reason for the change, shown by otask audit; set OTASK_ACTOR to say who you are",
        HelpName = "TEXT",
        Recursive = true,
    };

    /// <summary>Parses an address. Throws <see cref="UsageException"/> if it is invalid.</summary>
    public static Uri AddressOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw UsageException.OfValue("--url or OTASK_URL", text, $"an address such as {DefaultUrl}");

    /// <summary>
    /// Opens the gateway that a command line names. Throws <see cref="UsageException"/> if its address is invalid or
    /// the profile cannot be used.
    /// </summary>
    public Gateway Open(ParseResult result)
    {
        var profile = ProfileOf(result);
        var named = result.GetValue(Url) ?? Variable("OTASK_URL");
        var url = AddressOf(named ?? profile?.Url ?? DefaultUrl);
        var key = result.GetValue(Key) ?? Variable("OTASK_KEY");
        // Send a profile's key only to that profile's gateway.
        if (key is null && profile is not null
            && (named is null || (profile.Url is not null && AddressOf(profile.Url) == url)))
            key = profile.Key ?? (profile.KeyCommand is { } line ? KeyProgram.Ask(line) : null);
        HasGateway = true;
        return new Gateway(
            url, key, Words("--reason", result.GetValue(Reason)), Words("OTASK_ACTOR", Variable("OTASK_ACTOR")),
            written.Unread);
    }

    /// <summary>Returns whether the command line, the environment or a profile names a gateway.</summary>
    public bool NamesGateway(ParseResult result) =>
        (result.GetValue(Url) ?? Variable("OTASK_URL")) is not null || ProfileOf(result) is not null;

    /// <summary>Returns the profile to use; null if there is none.</summary>
    public Profile? ProfileOf(ParseResult result) =>
        ProfileFile.Read().Find(result.GetValue(ProfileName) ?? Variable("OTASK_PROFILE"));

    /// <summary>Returns whether to print a single answer as JSON.</summary>
    public bool IsJson(ParseResult result) => FormatOf(result).Kind is OutputKind.Json or OutputKind.Ndjson;

    /// <summary>
    /// Returns a printer for the form that the command line asks for. Throws <see cref="UsageException"/>.
    /// </summary>
    public Printer PrinterOf(ParseResult result, TextWriter output) =>
        new(FormatOf(result), result.GetValue(Json), output, !result.GetValue(NoColor) && Variable("NO_COLOR") is null);

    private OutputFormat FormatOf(ParseResult result)
    {
        var form = result.GetValue(Output);
        if (!result.GetValue(Json))
            return form is null ? new OutputFormat(OutputKind.Table) : OutputFormat.Parse(form);
        return form is null
            ? new OutputFormat(OutputKind.Json)
            : throw new UsageException("--json and --output exclude each other.");
    }

    private static string? Words(string name, string? text) => text is not null && text.Any(char.IsControl)
        ? throw new UsageException($"{name} must be a single line without control characters.")
        : text;

    private static string? Variable(string name) => RawArguments.Variable(name) is { Length: > 0 } value ? value : null;
}
