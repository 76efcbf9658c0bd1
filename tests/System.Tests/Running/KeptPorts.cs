using OrleansTasks.Silo.Endpoint;

namespace OrleansTasks.System.Tests.Running;

/// <summary>
/// Ports for a service that is killed and started again where it was: the system gives them to nobody meanwhile, neither to a
/// connection nor to who asks for any port that is free, as a test beside this one does.
/// </summary>
internal static class KeptPorts
{
    /// <summary>A place on loopback, or at another address of the machine: <c>address:port</c>.</summary>
    public static string Next(string address = "127.0.0.1") => $"{address}:{QuietPort.Find(1)[0]}";
}
