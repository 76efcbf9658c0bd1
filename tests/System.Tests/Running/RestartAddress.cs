using System.Net;
using OrleansTasks.Silo.Endpoint;

namespace OrleansTasks.System.Tests.Running;

/// <summary>
/// Addresses for a service that is killed and started again at the same one. Their ports are below the range from which
/// Linux takes ports for connections and for callers that ask for any port, so nobody gets them meanwhile.
/// </summary>
internal static class RestartAddress
{
    /// <summary>Returns an address on this machine as <c>address:port</c>.</summary>
    public static string Next(string address = "127.0.0.1") =>
        $"{address}:{QuietPort.Find(1, IPAddress.Parse(address))[0]}";
}
