using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Cli.Stores;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Trust;

namespace OrleansTasks.Cli.Cluster;

/// <summary>
/// <c>otask cluster certificate</c>: writes the certificate by which a gateway without a database connects to silos.
/// The store's authority issues it, so no gateway can be asked for it.
/// </summary>
internal static class ClusterCertificateCommand
{
    private const int MostDays = 3650;

    private static readonly Option<string?> Data = new("--data")
    {
        HelpName = "DIR", Description = "the data folder of the silo that the gateway connects to",
    };

    private static readonly Option<string?> Database = StoreOptions.Database(Data);

    private static readonly Option<long?> Days = NumberOption.Whole(
        "--days",
        $"for how many days it is valid, up to {MostDays} [default: {CertificateAuthority.FileLife.TotalDays}]");

    private static readonly Argument<string> Target = new("file")
    {
        Description = "where to write the certificate, its key and the authority, for --cluster-cert; replaces the file",
    };

    /// <summary>Creates the command.</summary>
    public static Command Make(TextWriter output)
    {
        var command = new Command(
            "certificate", "make the certificate of a gateway that has no access to the silos' database")
        {
            Target, Data, Database, Days,
        };
        command.SetAction(async (result, _) =>
        {
            var (folder, database) = (result.GetValue(Data), result.GetValue(Database));
            if (string.IsNullOrEmpty(folder) && database is null)
                throw new UsageException(
                    "Give --data DIR or --db CONNECTION: the store of the silos that the gateway connects to.");
            if ((result.GetValue(Days) ?? 1) is < 1 or > MostDays)
                throw new UsageException(
                    $"Invalid value '{result.GetValue(Days)}' for --days: expected a number from 1 to {MostDays}");
            var life = result.GetValue(Days) is { } days ? TimeSpan.FromDays(days) : CertificateAuthority.FileLife;
            await using var provider = StoreOptions.Open(folder, database);
            var now = TimeProvider.System.GetUtcNow();
            using var authority = await CertificateAuthority.Open(provider.GetRequiredService<ITrustStore>(), now);
            using var trust = new ClusterTrust(authority.Certificate.Span);
            using var certificate = authority.IssueMember(ClusterRole.Gateway, now, life);
            var path = Path.GetFullPath(result.GetValue(Target)!);
            ClusterCertificateFile.Write(path, certificate, trust.Authority);
            var end = certificate.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            output.WriteLine($"{path} has a gateway's certificate, valid until {end}");
            return ExitCodes.Done;
        });
        return command;
    }
}
