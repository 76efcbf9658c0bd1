using System.Net;
using System.Net.Sockets;
using OrleansTasks.Settings;

namespace OrleansTasks.Listening;

/// <summary>
/// Binds a port before anything else starts, so that a service whose port is taken does not first open its store or
/// start tasks. Connections wait until the server accepts them.
/// </summary>
public static class ListenSocket
{
    /// <summary>
    /// Binds the address. Throws <see cref="StartRefusedException"/>, naming the option and the address, if that fails.
    /// </summary>
    public static Socket Bind(string option, IPEndPoint address)
    {
        Socket? socket = null;
        try
        {
            // Fails on a machine without IPv6 for such an address.
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // Like Kestrel, which serves IPv4 on [::] as well.
            if (address.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(address);
            // Until a socket listens, the system may bind another one to the same automatically chosen port. Callers
            // that connect before the server accepts connections wait.
            socket.Listen();
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new StartRefusedException(e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    $"{option}: port {address.Port} on {address.Address} is in use by another program. Stop that "
                        + "program, or choose another port.",
                SocketError.AccessDenied =>
                    $"{option}: this user may not listen on port {address.Port}. Choose port 1024 or higher.",
                SocketError.AddressNotAvailable =>
                    $"{option}: {address.Address} is not an address of this machine.",
                _ => $"{option}: cannot listen on {address}: {e.Message}.",
            }, e);
        }
    }
}
