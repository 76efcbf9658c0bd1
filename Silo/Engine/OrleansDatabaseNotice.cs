using Orleans.Providers;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Tells a silo that another one reads the database and finds no sign of life of it. A silo that has lost the database
/// cannot learn there that others have not.
/// </summary>
internal sealed partial class OrleansDatabaseNotice(DatabaseLoss loss, ILocalSiloDetails own, ILogger<OrleansDatabaseNotice> logger)
    : IControllable
{
    /// <summary>The key of this control command provider.</summary>
    internal const string Name = "database-notice";

    private const int Silent = 1;

    /// <summary>Tells a silo. Sent to every silo; the others ignore it.</summary>
    internal static Task Tell(IGrainFactory grains, SiloAddress silo) => grains.GetGrain<IManagementGrain>(0)
        .SendControlCommandToProvider<OrleansDatabaseNotice>(Name, Silent, silo.ToParsableString());

    /// <inheritdoc/>
    public Task<object?> ExecuteCommand(int command, object? arg)
    {
        if (command == Silent && arg is string silo && silo == own.SiloAddress.ToParsableString() && loss.Report())
            WorkersLeave();
        return Task.FromResult<object?>(null);
    }

    [LoggerMessage(EventId = 4315, Level = LogLevel.Warning, Message = "This silo has lost the database, which another silo can reach. "
        + "Until it reaches the database again, it sends its workers to other silos.")]
    private partial void WorkersLeave();
}
