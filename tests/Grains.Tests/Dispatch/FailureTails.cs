namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>
/// Ends of real programs' output, by cause. The variants of a cause differ as two runs do: in numbers, times, ids,
/// addresses, names of files, colours, and in what was written before.
/// </summary>
internal static class FailureTails
{
    public static readonly (string Cause, string[] Tails)[] ByCause =
    [
        ("python, bad integer",
        [
            "reading 17 rows\nTraceback (most recent call last):\n  File \"/app/load.py\", line 31, in <module>\n    main()\n  File \"/app/load.py\", line 12, in main\n    n = int(row)\nValueError: invalid literal for int() with base 10: 'x1'\n",
            "reading 2048 rows\nTraceback (most recent call last):\n  File \"/srv/v2/load.py\", line 44, in <module>\n    main()\n  File \"/srv/v2/load.py\", line 19, in main\n    n = int(row)\nValueError: invalid literal for int() with base 10: 'x77'\n",
        ]),
        ("python, no module",
        [
            "Traceback (most recent call last):\n  File \"/tmp/w1/a.py\", line 1, in <module>\n    import pandas\nModuleNotFoundError: No module named 'pandas'\n",
            "Traceback (most recent call last):\n  File \"/tmp/w22/b.py\", line 3, in <module>\n    import pandas\nModuleNotFoundError: No module named 'pandas'\n",
        ]),
        ("python, no other module",
        [
            "Traceback (most recent call last):\n  File \"/tmp/w1/a.py\", line 1, in <module>\n    import numpy\nModuleNotFoundError: No module named 'numpy'\n",
        ]),
        ("python, no file",
        [
            "Traceback (most recent call last):\n  File \"run.py\", line 5, in <module>\n    open('/data/2026-11-01.csv')\nFileNotFoundError: [Errno 2] No such file or directory: '/data/2026-11-01.csv'\n",
            "Traceback (most recent call last):\n  File \"run.py\", line 5, in <module>\n    open('/data/2026-11-22.csv')\nFileNotFoundError: [Errno 2] No such file or directory: '/data/2026-11-22.csv'\n",
            "2026-11-22 10:00:01,123 start\nTraceback (most recent call last):\n  File \"run.py\", line 9, in <module>\n    open('/mnt/a/in.csv')\nFileNotFoundError: [Errno 2] No such file or directory: '/mnt/a/in.csv'\n",
        ]),
        ("python, timed out request",
        [
            "requests.exceptions.ConnectTimeout: HTTPSConnectionPool(host='api.example.org', port=443): Max retries exceeded with url: /v1/items/17 (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f8a1c0b5d90>, 'Connection to api.example.org timed out. (connect timeout=10)'))\n",
            "requests.exceptions.ConnectTimeout: HTTPSConnectionPool(host='api.example.org', port=443): Max retries exceeded with url: /v1/items/993 (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f00deadbeef>, 'Connection to api.example.org timed out. (connect timeout=30)'))\n",
        ]),
        ("java, null",
        [
            "Exception in thread \"main\" java.lang.NullPointerException: Cannot invoke \"String.length()\" because \"<local1>\" is null\n\tat com.acme.App.run(App.java:17)\n\tat com.acme.App.main(App.java:9)\n",
            "Exception in thread \"main\" java.lang.NullPointerException: Cannot invoke \"String.length()\" because \"<local4>\" is null\n\tat com.acme.App.run(App.java:21)\n\tat com.acme.Worker.call(Worker.java:88)\n",
        ]),
        ("java, refused connection under another exception",
        [
            "org.postgresql.util.PSQLException: Connection to 10.0.0.5:5432 refused.\n\tat org.postgresql.core.v3.ConnectionFactoryImpl.openConnectionImpl(ConnectionFactoryImpl.java:319)\nCaused by: java.net.ConnectException: Connection refused (Connection refused)\n\tat java.base/java.net.PlainSocketImpl.socketConnect(Native Method)\n\t... 12 more\n",
            "org.postgresql.util.PSQLException: Connection to 192.168.7.12:6432 refused.\n\tat org.postgresql.core.v3.ConnectionFactoryImpl.openConnectionImpl(ConnectionFactoryImpl.java:330)\nCaused by: java.net.ConnectException: Connection refused (Connection refused)\n\tat java.base/java.net.PlainSocketImpl.socketConnect(Native Method)\n\t... 8 more\n",
        ]),
        ("java, heap",
        [
            "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space\n\tat java.base/java.util.Arrays.copyOf(Arrays.java:3745)\n",
            "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space\n\tat com.acme.Cache.put(Cache.java:14)\n\tat com.acme.App.main(App.java:3)\n",
        ]),
        ("node, thrown",
        [
            "/app/index.js:12\n    throw new TypeError('price is not a number');\n    ^\n\nTypeError: price is not a number\n    at total (/app/index.js:12:11)\n    at Object.<anonymous> (/app/index.js:30:1)\n\nNode.js v20.11.1\n",
            "/srv/shop/index.js:14\n    throw new TypeError('price is not a number');\n    ^\n\nTypeError: price is not a number\n    at total (/srv/shop/index.js:14:11)\n\nNode.js v22.1.0\n",
        ]),
        ("node, no module",
        [
            "node:internal/modules/cjs/loader:1147\n  throw err;\n  ^\n\nError: Cannot find module 'left-pad'\nRequire stack:\n- /app/a.js\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1144:15)\n",
            "node:internal/modules/cjs/loader:1080\n  throw err;\n  ^\n\nError: Cannot find module 'left-pad'\nRequire stack:\n- /srv/b.js\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1077:15)\n",
        ]),
        ("node, no other module",
        [
            "node:internal/modules/cjs/loader:1147\n  throw err;\n  ^\n\nError: Cannot find module 'express'\nRequire stack:\n- /app/a.js\n",
        ]),
        ("go, index",
        [
            "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:9 +0x1d\nexit status 2\n",
            "panic: runtime error: index out of range [17] with length 12\n\ngoroutine 34 [running]:\nmain.work(0xc000012345)\n\t/src/work.go:77 +0x9a\nexit status 2\n",
        ]),
        ("go, nil",
        [
            "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x45e8a1]\n\ngoroutine 1 [running]:\nmain.main()\n",
            "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x4a1b2c]\n\ngoroutine 7 [running]:\nmain.run()\n",
        ]),
        ("rust, index",
        [
            "thread 'main' panicked at src/main.rs:4:13:\nindex out of bounds: the len is 3 but the index is 5\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
            "thread 'main' panicked at src/lib.rs:91:5:\nindex out of bounds: the len is 0 but the index is 12\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
        ]),
        ("rust, unwrap",
        [
            "thread 'main' panicked at src/main.rs:8:42:\ncalled `Option::unwrap()` on a `None` value\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
            "thread 'main' panicked at src/main.rs:108:2:\ncalled `Option::unwrap()` on a `None` value\n",
        ]),
        ("c#, invalid operation",
        [
            "Unhandled exception. System.InvalidOperationException: Sequence contains no elements\n   at System.Linq.ThrowHelper.ThrowNoElementsException()\n   at Program.<Main>$(String[] args) in /src/Program.cs:line 3\n",
            "Unhandled exception. System.InvalidOperationException: Sequence contains no elements\n   at System.Linq.ThrowHelper.ThrowNoElementsException()\n   at App.Job.Run() in C:\\src\\Job.cs:line 81\n   at Program.<Main>$(String[] args)\n",
        ]),
        ("c#, no file",
        [
            "Unhandled exception. System.IO.FileNotFoundException: Could not find file '/data/in-001.json'.\nFile name: '/data/in-001.json'\n   at Interop.ThrowExceptionForIoErrno(ErrorInfo errorInfo)\n",
            "Unhandled exception. System.IO.FileNotFoundException: Could not find file '/var/x/in-914.json'.\nFile name: '/var/x/in-914.json'\n   at Interop.ThrowExceptionForIoErrno(ErrorInfo errorInfo)\n",
        ]),
        ("ruby, nil",
        [
            "app.rb:3:in `total': undefined method `+' for nil:NilClass (NoMethodError)\n\tfrom app.rb:9:in `<main>'\n",
            "app.rb:44:in `total': undefined method `+' for nil:NilClass (NoMethodError)\n\tfrom app.rb:90:in `each'\n\tfrom app.rb:91:in `<main>'\n",
        ]),
        ("ruby, division",
        [
            "app.rb:3:in `/': divided by 0 (ZeroDivisionError)\n\tfrom app.rb:3:in `<main>'\n",
            "app.rb:17:in `/': divided by 0 (ZeroDivisionError)\n\tfrom app.rb:18:in `<main>'\n",
        ]),
        ("php, uncaught",
        [
            "PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused in /var/www/db.php:14\nStack trace:\n#0 /var/www/db.php(14): PDO->__construct()\n#1 {main}\n  thrown in /var/www/db.php on line 14\n",
            "PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused in /srv/app/db.php:20\nStack trace:\n#0 /srv/app/db.php(20): PDO->__construct()\n#1 /srv/app/x.php(3): connect()\n#2 {main}\n  thrown in /srv/app/db.php on line 20\n",
        ]),
        ("perl, no module",
        [
            "Can't locate JSON/XS.pm in @INC (you may need to install the JSON::XS module) (@INC contains: /etc/perl /usr/local/lib/perl) at a.pl line 3.\nBEGIN failed--compilation aborted at a.pl line 3.\n",
            "Can't locate JSON/XS.pm in @INC (you may need to install the JSON::XS module) (@INC contains: /etc/perl /usr/local/share) at b.pl line 12.\nBEGIN failed--compilation aborted at b.pl line 12.\n",
        ]),
        ("c++, runtime error",
        [
            "terminate called after throwing an instance of 'std::runtime_error'\n  what():  bad checksum in block 17\nAborted (core dumped)\n",
            "terminate called after throwing an instance of 'std::runtime_error'\n  what():  bad checksum in block 4\nAborted (core dumped)\n",
        ]),
        ("c++, another runtime error",
        [
            "terminate called after throwing an instance of 'std::runtime_error'\n  what():  queue is closed\nAborted (core dumped)\n",
        ]),
        ("c++, out of range",
        [
            "terminate called after throwing an instance of 'std::out_of_range'\n  what():  vector::_M_range_check: __n (which is 9) >= this->size() (which is 3)\n",
            "terminate called after throwing an instance of 'std::out_of_range'\n  what():  vector::_M_range_check: __n (which is 120) >= this->size() (which is 99)\n",
        ]),
        ("lua, nil",
        [
            "lua: main.lua:3: attempt to index a nil value (global 'cfg')\nstack traceback:\n\t[C]: in ?\n\tmain.lua:3: in main chunk\n\t[C]: in function 'error'\n",
            "lua: main.lua:30: attempt to index a nil value (global 'cfg')\nstack traceback:\n\tmain.lua:30: in function 'load'\n\t[C]: in ?\n",
        ]),
        ("haskell, error",
        [
            "etl: no header\nCallStack (from HasCallStack):\n  error, called at app/Main.hs:12:9 in main:Main\n",
            "etl: no header\nCallStack (from HasCallStack):\n  error, called at app/Main.hs:15:9 in main:Main\n",
        ]),
        ("elixir, match",
        [
            "** (MatchError) no match of right hand side value: {:error, :enoent}\n    lib/a.ex:3: A.run/1\n    (stdlib 5.2) erl_eval.erl:750: :erl_eval.do_apply/7\n",
            "** (MatchError) no match of right hand side value: {:error, :enoent}\n    lib/a.ex:17: A.run/1\n    (elixir 1.16.1) lib/code.ex:573: Code.load/2\n",
        ]),
        ("shell, no command",
        [
            "/bin/sh: 1: rsnyc: not found\n",
            "/bin/sh: 12: rsnyc: not found\n",
        ]),
        ("shell, permission",
        [
            "cp: cannot create regular file '/srv/out/17.txt': Permission denied\n",
            "\e[31mcp: cannot create regular file '/srv/out/4/9.txt': Permission denied\e[0m\n",
        ]),
        ("rsync, quota",
        [
            "sending incremental file list\nrsync: [receiver] write failed on \"/backup/a/17.tar\": Disk quota exceeded (122)\nrsync error: error in file IO (code 11) at receiver.c(378) [receiver=3.2.7]\n",
            "sending incremental file list\nrsync: [receiver] write failed on \"/backup/b/2026-11-01.tar\": Disk quota exceeded (122)\nrsync error: error in file IO (code 11) at receiver.c(380) [receiver=3.2.3]\n",
        ]),
        ("rsync, no space",
        [
            "sending incremental file list\nrsync: [receiver] write failed on \"/backup/a/17.tar\": No space left on device (28)\nrsync error: error in file IO (code 11) at receiver.c(378) [receiver=3.2.7]\n",
        ]),
        ("curl, resolve",
        [
            "curl: (6) Could not resolve host: db.internal\n",
            "curl: (7) Could not resolve host: db.internal\r\n",
        ]),
        ("gcc under make",
        [
            "gcc -c a.c\na.c:3:5: error: 'x' undeclared (first use in this function)\nmake: *** [Makefile:7: a.o] Error 1\n",
            "gcc -O2 -c lib/b.c\nlib/b.c:31:15: error: 'x' undeclared (first use in this function)\nmake: *** [Makefile:12: a.o] Error 2\n",
        ]),
        ("psql, relation",
        [
            "psql:/tmp/q17.sql:4: ERROR:  relation \"orders\" does not exist\nLINE 1: select * from orders\n",
            "psql:/tmp/q9.sql:31: ERROR:  relation \"orders\" does not exist\nLINE 7: select * from orders\n",
        ]),
        ("a service's log",
        [
            "2026-11-22T10:00:01.123Z INFO start id=019f5a2c-7d10-7c3a-8b00-0342ab12cd34\n2026-11-22T10:00:09.001Z ERROR request 8f14e45fceea167a5a36dedd4bea2543 to 10.1.2.3:8443 failed after 1.5s: certificate has expired\n",
            "2026-10-01T23:59:59.999Z INFO start id=019f5a2c-0000-7c3a-8b00-0342ab12cdff\n2026-10-02T00:00:00.001Z ERROR request c9f0f895fb98ab9159f51fd0297e236d to [fe80::1:2]:9 failed after 30s: certificate has expired\n",
            "2026-10-02 00:00:00 ERROR request 45c48cce2e2d7fbdea1afc51c7c6ad26 to 127.0.0.1 failed after 7s: certificate has expired\n",
        ]),
    ];
}
