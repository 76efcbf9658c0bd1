using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// How a gateway waits while another silo takes over the grains of a lost one. That takes a second or two, so callers
/// notice only a delay.
/// </summary>
internal static class Takeover
{
    /// <summary>How long after its first failure a call is repeated.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>The pause before a call is repeated.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // How long a call waits while no silo answers at all. A gateway that has lost its last silo may find another one.
    private static readonly TimeSpan WithoutSilo = TimeSpan.FromSeconds(1);

    /// <summary>Returns whether a silo answers, now or within a second.</summary>
    public static async Task<bool> IsUpSoon(IClusterLink link) => link.IsUp || await link.WaitUp(WithoutSilo);
}
