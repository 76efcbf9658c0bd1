using System.Net.Sockets;
using System.Text;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// Notifies systemd that the service is ready (<c>Type=notify</c>, sd_notify(3)). systemd accepts this only from the
/// service's main process, which is the supervisor, so the agent asks the supervisor to do it. Tasks do not inherit the
/// socket's name.
/// </summary>
/// <remarks>
/// Implemented here because Microsoft.Extensions.Hosting.Systemd would notify from the agent, and load the generic host
/// into the supervisor.
/// </remarks>
public static class ServiceManager
{
    /// <summary>The environment variable that names systemd's socket.</summary>
    internal const string Variable = "NOTIFY_SOCKET";

    /// <summary>
    /// Reports that the service is ready, through the supervisor if there is one. Does nothing without systemd.
    /// </summary>
    public static void TellReady()
    {
        if (Supervised.IsSupervised)
            Supervised.TellReady();
        else
            Send("READY=1");
    }

    /// <summary>Sends a state to the socket. Does nothing if the environment names none.</summary>
    internal static void Send(string state)
    {
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
