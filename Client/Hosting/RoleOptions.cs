using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansTasks.Client.Hosting;

/// <summary>Finds the role that a command line asks for, and the options that are not for it.</summary>
internal sealed class RoleOptions
{
    private static readonly string[] OfGateways = ["--http", "--public-url", "--tls-cert", "--tls-key"];
    private static readonly string[] OfLoneGateways = ["--silo", "--cluster"];
    private static readonly string[] OfLoneSilos = ["--listen", "--peer-port", "--health"];

    private readonly Option<bool> allInOne = Switch("--all-in-one", "gateway, silo and one worker in this process");
    private readonly Option<bool> siloOnly = Switch("--silo-only", "a silo with one worker, for gateways elsewhere (engine Orleans)");
    private readonly Option<bool> gatewayOnly = Switch("--gateway-only", "a gateway to silos elsewhere (engine Orleans)");

    /// <summary>The switches, one for each role.</summary>
    public IEnumerable<Option> All => [allInOne, siloOnly, gatewayOnly];

    /// <summary>The role. Throws <see cref="StartRefusedException"/> when there is not exactly one, or options do not fit it.</summary>
    public ServiceRole Find(ParseResult result)
    {
        ServiceRole[] asked =
        [
            .. result.GetValue(allInOne) ? [ServiceRole.AllInOne] : Array.Empty<ServiceRole>(),
            .. result.GetValue(siloOnly) ? [ServiceRole.Silo] : Array.Empty<ServiceRole>(),
            .. result.GetValue(gatewayOnly) ? [ServiceRole.Gateway] : Array.Empty<ServiceRole>(),
        ];
        if (asked is not [var role])
            throw Refusal("Give one of --all-in-one, --silo-only and --gateway-only; --help tells more.");
        var unfit = result.CommandResult.Children.OfType<OptionResult>()
            .Where(static option => !option.Implicit)
            .Select(static option => option.Option.Name)
            .Where(name => !Fits(name, role))
            .ToArray();
        if (unfit.Length == 0)
            return role;
        var hint = role == ServiceRole.AllInOne && unfit.Contains("--listen")
            ? " --http is where the gateway listens."
            : "";
        throw Refusal($"{string.Join(" and ", unfit)}: {(unfit.Length == 1 ? "this is" : "these are")} not for "
            + $"{Text(role)}. Leave {(unfit.Length == 1 ? "it" : "them")} out; --help tells more.{hint}");
    }

    private static bool Fits(string option, ServiceRole role) => role switch
    {
        _ when option is "--all-in-one" or "--silo-only" or "--gateway-only" => true,
        ServiceRole.AllInOne => !OfLoneSilos.Contains(option) && !OfLoneGateways.Contains(option),
        ServiceRole.Silo => !OfGateways.Contains(option) && !OfLoneGateways.Contains(option),
        _ => option is "--require-keys" or "--db" || OfGateways.Contains(option) || OfLoneGateways.Contains(option),
    };

    private static string Text(ServiceRole role) => role switch
    {
        ServiceRole.AllInOne => "--all-in-one",
        ServiceRole.Silo => "a silo on its own",
        _ => "a gateway on its own",
    };

    private static Option<bool> Switch(string name, string description) =>
        new(name) { Arity = ArgumentArity.Zero, Description = description };

    private static StartRefusedException Refusal(string message) => new(message, StartRefusedException.BadOption);
}
