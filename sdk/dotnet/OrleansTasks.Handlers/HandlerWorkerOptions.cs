using OrleansTasks.Worker.Hosting;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Handlers;

/// <summary>Configures a worker that runs handlers. The values are read once, when the host starts.</summary>
public sealed class HandlerWorkerOptions
{
    /// <summary>
    /// The addresses of the service, <c>HOST:PORT</c>; several for the silos of one cluster. Empty for
    /// <c>127.0.0.1:50051</c>.
    /// </summary>
    public IList<string> Masters { get; } = [];

    /// <summary>The name of the worker's node, unique in the fleet; by default the machine's name.</summary>
    public string Name { get; set; } = NodeName.OfMachine();

    /// <summary>How many tasks run at once, 1 to 10,000; by default the number of processors.</summary>
    public int Slots { get; set; } = Environment.ProcessorCount;

    /// <summary>Labels that tasks can require. A label <c>handler/NAME=true</c> for each handler is added.</summary>
    public IDictionary<string, string> Labels { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The worker's data folder, which no other process may use at the same time; null for
    /// <c>data/workers/MASTER/NAME</c> in the current folder. It holds the worker's certificate, results that the
    /// service has not acknowledged, input files, and the folders of attempts.
    /// </summary>
    public string? DataFolder { get; set; }

    /// <summary>
    /// The token with which the worker joins, once, if the service is on another machine or requires keys; null for
    /// none. <c>otask node token</c> prints one.
    /// </summary>
    public string? JoinToken { get; set; }

    /// <summary>
    /// How long a shutdown lets running handlers go on before it cancels them and puts their tasks back. The host's
    /// <c>ShutdownTimeout</c> must be longer by about 15 s. 10 s by default.
    /// </summary>
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a handler may go on after its attempt was killed, for example because its lease could not be renewed.
    /// After this the process ends at once, so that the attempt does not run in two places. An attempt is killed 2 s
    /// before its lease ends. Null, the default, to never end the process.
    /// </summary>
    public TimeSpan? EndProcessAfter { get; set; }

    /// <summary>
    /// The bytes of input files that the worker keeps while none of its tasks uses them; null, the default, for a tenth
    /// of the disk.
    /// </summary>
    public long? FileCacheBytes { get; set; }

    /// <summary>The addresses as URIs.</summary>
    internal IReadOnlyList<Uri> MasterAddresses =>
    [
        .. (Masters.Count > 0 ? Masters : [MasterAddress.Default]).Select(static text =>
            MasterAddress.TryParse(text, out var address) ? address : throw new InvalidOperationException(text)),
    ];

    /// <summary>The data folder, absolute.</summary>
    internal string Folder
    {
        get
        {
            var master = MasterAddresses[0];
            return Path.GetFullPath(DataFolder ?? Path.Combine(
                "data", "workers", $"{master.Host.Trim('[', ']').Replace(':', '_')}-{master.Port}", Name));
        }
    }

    /// <summary>The join token; null for none.</summary>
    internal JoinToken? Token => string.IsNullOrWhiteSpace(JoinToken) ? null : Worker.Trust.JoinToken.Parse(JoinToken);

    /// <summary>Returns what is wrong, as sentences.</summary>
    internal IEnumerable<string> Faults()
    {
        foreach (var master in Masters.Where(static text => !MasterAddress.TryParse(text, out _)))
            yield return $"Masters: '{master}' is not HOST:PORT.";
        if (!NodeName.IsValid(Name))
            yield return $"Name: '{Name}' is not up to 200 characters of A-Z, a-z, 0-9, '.', '_' and '-'.";
        if (Slots is < 1 or > 10_000)
            yield return $"Slots: {Slots} is not from 1 to 10,000.";
        foreach (var (key, value) in Labels.Where(static label => !NodeName.TryReadLabel($"{label.Key}={label.Value}", out _)))
            yield return $"Labels: no task could require '{key}={value}'.";
        if (!string.IsNullOrWhiteSpace(JoinToken) && Token is null)
            yield return "JoinToken: the text is not a join token such as otj_SECRET.HASH.";
        if (DrainTime < TimeSpan.Zero)
            yield return "DrainTime: it is negative.";
        if (FileCacheBytes < 0)
            yield return "FileCacheBytes: it is negative.";
        if (EndProcessAfter < TimeSpan.Zero)
            yield return "EndProcessAfter: it is negative.";
    }
}
