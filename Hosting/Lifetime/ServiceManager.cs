using System.Net.Sockets;
using System.Text;

namespace OrleansTasks.Lifetime;

/// <summary>
/// Notifies systemd that the service is ready (<c>Type=notify</c>, sd_notify(3)). systemd accepts this only from the
/// service's main process. Where that is a supervisor, its agent asks it to do so. Tasks do not inherit the socket's name.
/// </summary>
/// <remarks>
/// Implemented here because Microsoft.Extensions.Hosting.Systemd would notify from the agent, and load the generic host
/// into the supervisor.
/// </remarks>
public static class ServiceManager
{
    /// <summary>The environment variable that names systemd's socket.</summary>
    public const string Variable = "NOTIFY_SOCKET";

    /// <summary>Reports that the service is ready. Does nothing if the environment names no socket.</summary>
    public static void TellReady()
    {
        const string state = "READY=1";
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 1 } name)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // A leading @ stands for the zero byte of an abstract socket name.
            socket.Connect(new UnixDomainSocketEndPoint(name[0] == '@' ? $"\0{name[1..]}" : name));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // The service works without it, and systemd reports what it misses.
            Console.Error.WriteLine($"Cannot report {state} to systemd: {e.Message}");
        }
    }
}
