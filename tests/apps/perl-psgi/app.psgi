use strict;
use warnings;
use Plack::Request;

sub {
    my $request = Plack::Request->new(shift);
    return [200, ['Content-Type' => 'text/plain'], ["perl here, $ENV{PLACK_ENV}: " . $request->path]];
};
