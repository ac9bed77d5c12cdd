<?php

namespace Example;

class Greeting
{
    public static function text(): string
    {
        return 'good morning';
    }
}
