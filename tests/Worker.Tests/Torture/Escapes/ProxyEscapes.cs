using System.Collections.Immutable;

namespace OrleansTasks.Worker.Tests.Torture.Escapes;

/// <summary>
/// Hostile commands in a sandbox that may reach 127.0.0.1:$LISTED through the worker. Each succeeds only if it reaches
/// the service at $PORT, the machine's network, or the worker's socket.
/// </summary>
internal static class ProxyEscapes
{
    /// <summary>All commands.</summary>
    public static ImmutableArray<Escape> All { get; } =
    [
        Ask("tunnel", """CONNECT 127.0.0.1:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-by-name", """CONNECT localhost:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-by-number", """CONNECT 2130706433:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-by-hexadecimal", """CONNECT 0x7f000001:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-by-short-address", """CONNECT 127.1:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-by-mapped-address", """CONNECT [::ffff:127.0.0.1]:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-to-version-6", """CONNECT [::1]:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-to-any-address", """CONNECT 0.0.0.0:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-to-machine", """CONNECT $ENV{ADDRESS}:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-with-user", """CONNECT 127.0.0.1:$ENV{LISTED}\@127.0.0.1:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-with-two-ports", """CONNECT 127.0.0.1:$ENV{LISTED}:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-with-tab", """CONNECT 127.0.0.1:$ENV{LISTED}\t127.0.0.1:$ENV{PORT} HTTP/1.1"""),
        Ask("tunnel-with-nul", """CONNECT 127.0.0.1:$ENV{PORT}\0.127.0.0.1:$ENV{LISTED} HTTP/1.1"""),
        Ask("tunnel-with-host", """CONNECT 127.0.0.1:$ENV{PORT} HTTP/1.1\r\nHost: 127.0.0.1:$ENV{LISTED}"""),
        Ask("tunnel-in-lower-case", """connect 127.0.0.1:$ENV{PORT} HTTP/1.1"""),
        Ask("address", """GET http://127.0.0.1:$ENV{PORT}/ HTTP/1.1"""),
        Ask("address-with-host", """GET http://127.0.0.1:$ENV{PORT}/ HTTP/1.1\r\nHost: 127.0.0.1:$ENV{LISTED}"""),
        Ask("address-with-user", """GET http://127.0.0.1:$ENV{LISTED}\@127.0.0.1:$ENV{PORT}/ HTTP/1.1"""),
        Ask("address-with-backslash", """GET http://127.0.0.1:$ENV{PORT}\\\@127.0.0.1:$ENV{LISTED}/ HTTP/1.1"""),
        Ask("address-with-fragment", """GET http://127.0.0.1:$ENV{PORT}#127.0.0.1:$ENV{LISTED}/ HTTP/1.1"""),
        Ask("address-of-socket", """GET http+unix://$ENV{SOCKET}/ HTTP/1.1"""),
        Ask("address-of-file", """GET file://$ENV{SECRET} HTTP/1.1"""),
        Of("direct", "the machine's network",
            """perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ENV{LISTED}) ? 0 : 1)'"""),
        Of("name-server", "the machine's network",
            """perl -MSocket -e 'socket(S, AF_INET, SOCK_DGRAM, 0); exit(connect(S, pack_sockaddr_in(53, inet_aton("192.0.2.1"))) ? 0 : 1)'"""),
        Of("listen-in-its-place", "the worker's socket",
            """perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 3128, Listen => 1, ReuseAddr => 1, ReusePort => 1) ? 0 : 1)'"""),
        Of("descriptor-of-first", "the worker's socket", "ls -l /proc/[0-9]*/fd | grep -q socket:"),
    ];

    private static Escape Of(string name, string mustNotReach, string line) =>
        new($"proxy-{name}", Walls.Sandbox, mustNotReach, line);

    // The service does not answer, so a request by an address has reached it if the proxy does not answer either.
    private static Escape Ask(string name, string head) => Of(name, "a service of the machine",
        $$"""
        perl -MIO::Socket::INET -MIO::Select -e '$s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => 3128) or exit 1; print $s "{{head}}\r\n\r\n"; $s->flush; exit 0 unless IO::Select->new($s)->can_read(20); exit(<$s> =~ / 200 / ? 0 : 1)'
        """.TrimEnd());
}
