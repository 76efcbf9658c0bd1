using System.CommandLine;
using System.Globalization;
using OrleansTasks.Cli.Stores;

namespace OrleansTasks.Cli.Cluster;

/// <summary>
/// <c>otask cluster certificate</c>: writes the certificate by which a gateway without a database connects to silos.
/// The store's authority issues it, so no gateway can be asked for it.
/// </summary>
internal sealed class ClusterCertificateCommand
{
    private const int UsualDays = 365, MostDays = 3650;

    private Option<string?> Data { get; } = new("--data")
    {
        HelpName = "DIR", Description = "the data folder of the silo that the gateway connects to",
    };

    private Option<string?> Database { get; }

    private Option<long?> Days { get; } = NumberOption.Whole(
        "--days",
        $"for how many days it is valid, up to {MostDays} [default: {UsualDays}]");

    private Argument<string> Target { get; } = new("file")
    {
        Description = "where to write the certificate, its key and the authority, for --cluster-cert; replaces the file",
    };

    private ClusterCertificateCommand() => Database = StorePlace.DatabaseOption(Data);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output) =>
        new ClusterCertificateCommand().Build(common, output);

    private Command Build(CommonOptions common, TextWriter output)
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
            var days = result.GetValue(Days) ?? UsualDays;
            if (days is < 1 or > MostDays)
                throw new UsageException($"Invalid value '{days}' for --days: expected a number from 1 to {MostDays}");
            var path = Path.GetFullPath(result.GetValue(Target)!);
            var ends = await common.Store.WriteCertificate(new StorePlace(folder ?? "", database), path, TimeSpan.FromDays(days));
            var end = ends.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            output.WriteLine($"{path} has a gateway's certificate, valid until {end}");
            return ExitCodes.Done;
        });
        return command;
    }
}
