using System.Net.Sockets;
using System.Text;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// Tells systemd that the service is ready (<c>Type=notify</c>, sd_notify(3)). systemd believes the service's main process alone, and that is the
/// supervisor: the agent tells the supervisor, which tells systemd. Tasks do not inherit the socket's name.
/// </summary>
/// <remarks>
/// By hand: Microsoft.Extensions.Hosting.Systemd would notify from the agent, and load the generic host into the supervisor.
/// </remarks>
public static class ServiceManager
{
    /// <summary>The environment variable that names systemd's socket.</summary>
    internal const string Variable = "NOTIFY_SOCKET";

    /// <summary>Says that the service is ready: in the supervisor's name if there is one. Does nothing without systemd.</summary>
    public static void TellReady()
    {
        if (Supervised.IsSupervised)
            Supervised.TellReady();
        else
            Send("READY=1");
    }

    /// <summary>Sends a state to the socket, if the environment names one.</summary>
    internal static void Send(string state)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 1 } name)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // An @ stands for the zero byte of a name that is in no file system.
            socket.Connect(new UnixDomainSocketEndPoint(name[0] == '@' ? $"\0{name[1..]}" : name));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // The service works without; systemd says what it misses.
            Console.Error.WriteLine($"systemd cannot be told {state}: {e.Message}");
        }
    }
}
