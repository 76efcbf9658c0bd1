using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansTasks.Settings;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Determines a program's role, and which options apply to it.</summary>
/// <param name="program">The program's own role: a silo or a gateway. An option makes a gateway all in one.</param>
internal sealed class RoleOptions(ServiceRole program)
{
    private static readonly string[] OfGateways = ["--http", "--public-url", "--trusted-proxy", "--tls-cert", "--tls-key"];
    private static readonly string[] OfLoneGateways = ["--silo", "--cluster", "--cluster-cert"];
    private static readonly string[] OfLoneSilos = ["--listen", "--peer-port", "--health"];
    private const string OfBothAlone = "--cluster-tls";

    /// <summary>
    /// Tells a gateway to be all in one. Only the command line can, since the process's supervisor must know it.
    /// </summary>
    public Option<bool> AllInOne { get; } = new("--all-in-one")
    {
        Arity = ArgumentArity.Zero,
        Description = "run a gateway, a silo and a worker in this process",
    };

    /// <summary>Returns those of all options that the program has.</summary>
    public IEnumerable<Option> Choose(IEnumerable<Option> all) => program == ServiceRole.Silo
        ? all.Where(static option => Fits(option.Name, ServiceRole.Silo))
        : all.Where(static option => Fits(option.Name, ServiceRole.Gateway) || Fits(option.Name, ServiceRole.AllInOne)).Prepend(AllInOne);

    /// <summary>Returns the role. Throws <see cref="StartRefusedException"/> if options do not apply to it.</summary>
    public ServiceRole Find(ParseResult result)
    {
        if (program == ServiceRole.Silo)
            return program;
        var role = result.GetValue(AllInOne) ? ServiceRole.AllInOne : ServiceRole.Gateway;
        var unfit = result.CommandResult.Children.OfType<OptionResult>()
            .Where(static option => !option.Implicit)
            .Select(static option => option.Option.Name)
            .Where(name => name is not ("--config" or "--print-config") && name != AllInOne.Name && !Fits(name, role))
            .ToArray();
        if (unfit.Length == 0)
            return role;
        var hint = role == ServiceRole.Gateway ? " --all-in-one runs a silo and a worker beside the gateway." : "";
        throw new StartRefusedException($"{string.Join(" and ", unfit)} {(unfit.Length == 1 ? "does" : "do")} not apply to "
            + $"{(role == ServiceRole.Gateway ? "a separate gateway" : AllInOne.Name)}. Omit {(unfit.Length == 1 ? "it" : "them")}; "
            + $"see --help.{hint}", StartRefusedException.BadOption);
    }

    private static bool Fits(string option, ServiceRole role) => role switch
    {
        ServiceRole.AllInOne =>
            option != OfBothAlone && !OfLoneSilos.Contains(option) && !OfLoneGateways.Contains(option),
        ServiceRole.Silo => !OfGateways.Contains(option) && !OfLoneGateways.Contains(option),
        _ => option is "--require-keys" or "--db" or "--log-format" or OfBothAlone
            || OfGateways.Contains(option) || OfLoneGateways.Contains(option),
    };
}
